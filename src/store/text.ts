/** Text as every store keeps it, so that what is found by it, counted by it and read back is the same text. */

/** Well-formed (lone surrogates become U+FFFD, since UTF-8 cannot write them), without byte order marks in front. */
export function storedText(text: string): string {
  const wellFormed = text.toWellFormed();
  return wellFormed.charCodeAt(0) === 0xfeff ? wellFormed.replace(/^\ufeff+/, '') : wellFormed;
}
