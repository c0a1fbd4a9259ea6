/** Whether somebody has to sign in before anything more is told: found out by whoever asks the API (api.ts). */

let isNeeded = $state(false);

export const signIn = {
  get isNeeded(): boolean {
    return isNeeded;
  },
  need: (): void => {
    isNeeded = true;
  },
  done: (): void => {
    isNeeded = false;
  },
};
