/** `/sign-in`, `/sign-out`: the session of a browser. */

import { SignedOutWire, SignInBody, YouWire } from '../contract.ts';
import { type Route, route } from '../route.ts';
import { youWire } from '../wire.ts';

export function signInRoutes(): Route[] {
  return [
    route({
      method: 'POST',
      path: '/sign-in',
      summary: 'Signs a browser in: what it gets is a cookie. Programs send their credentials with every request.',
      right: 'none',
      body: SignInBody,
      answer: YouWire,
      errors: { NOT_SIGNED_IN: 'These credentials are not right.' },
      handle: ({ body: { name, password, token, stay }, door }) => {
        const given = token === undefined ? { name: name!, password: password! } : { token };
        return youWire(door.signIn(given, stay));
      },
    }),
    route({
      method: 'POST',
      path: '/sign-out',
      summary: 'Ends the session of the cookie that it comes with, if there is one.',
      right: 'none',
      answer: SignedOutWire,
      handle: async ({ door }) => {
        await door.signOut();
        return { signedOut: true as const };
      },
    }),
  ];
}
