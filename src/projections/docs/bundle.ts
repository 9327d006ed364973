/** A documentation tool's release, and which of its files the package ships. */
export interface Bundle {
  readonly package: string
  readonly version: string
  /** What npm must find the tarball's hash to be (https://www.w3.org/TR/SRI/). */
  readonly integrity: string
  readonly files: readonly BundleFile[]
  /** Paths of its licence texts in its package. */
  readonly licences: readonly string[]
}

export interface BundleFile {
  /** The name under `assets/docs`, gzipped, and in URLs. It is cached for ever, so a changed file needs a new name. */
  readonly name: string
  /** The path in its package. */
  readonly from: string
  readonly mediaType: 'text/javascript' | 'text/css'
  /** Text that must be in the file once, and what takes its place. */
  readonly replace?: readonly (readonly [text: string, by: string])[]
}
