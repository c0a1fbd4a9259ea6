/** Which of the pages is shown: the address says it, behind its `#`. What is no page is the audience. */

export type ViewName = 'audience' | 'turn';

let name = $state<ViewName>(named());

function named(): ViewName {
  return location.hash === '#turn' ? 'turn' : 'audience';
}

window.addEventListener('hashchange', () => {
  name = named();
});

export const view = {
  get name(): ViewName {
    return name;
  },
};
