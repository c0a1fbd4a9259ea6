/**
 * Equal Earth (Šavrič, Patterson, Jenny 2018: "The Equal Earth map projection"): areas are true to each other, so that no
 * country looks more than it is. From degrees to a map of `WIDTH` by `HEIGHT`, without the far south.
 */

const A1 = 1.340264;
const A2 = -0.081106;
const A3 = 0.000893;
const A4 = 0.003796;
const M = Math.sqrt(3) / 2;

const NORTH = 84;
const SOUTH = -56;

export const WIDTH = 2000;
const SCALE = WIDTH / (2 * plane(180, 0)[0]);
const TOP = plane(0, NORTH)[1];
export const HEIGHT = Math.round((TOP - plane(0, SOUTH)[1]) * SCALE);

export function project(longitude: number, latitude: number): readonly [x: number, y: number] {
  const [x, y] = plane(longitude, latitude);
  return [WIDTH / 2 + x * SCALE, (TOP - y) * SCALE];
}

function plane(longitude: number, latitude: number): [x: number, y: number] {
  const theta = Math.asin(M * Math.sin((latitude * Math.PI) / 180));
  const square = theta * theta;
  const sixth = square ** 3;
  const slope = A1 + 3 * A2 * square + sixth * (7 * A3 + 9 * A4 * square);
  return [
    (((longitude * Math.PI) / 180) * Math.cos(theta)) / (M * slope),
    theta * (A1 + A2 * square + sixth * (A3 + A4 * square)),
  ];
}
