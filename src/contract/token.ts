/** A token (RFC 9110 §5.6.2), such as the name of a header field. */
export const TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
