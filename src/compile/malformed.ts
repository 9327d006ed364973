/** Why the text of a body was refused, for the caller. */
export class Malformed extends Error {}
