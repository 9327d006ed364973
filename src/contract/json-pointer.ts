/** One step of a pointer, escaped (RFC 6901 §3). */
export function pointerStep(key: PropertyKey): string {
  return `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`
}

/** The key that a step of a pointer means, without its slash (RFC 6901 §4). */
export function pointerKey(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~')
}
