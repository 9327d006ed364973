import type { Bundle } from './bundle.ts'
import type { ContentNeeds } from './content-security-policy.ts'

/** One way to show an OpenAPI document: a bundle, and what starts it in the page. */
export interface Tool {
  /** What the page is called, after the API's title. */
  readonly label: string
  readonly bundle: Bundle
  /** A script, run before the bundle's. The element `#docs` has the document's address in `data-document`. */
  readonly start: string
  readonly style: string
  /** The script of the page to which a login leads back, where it can log in. */
  readonly returning?: string
  readonly needs: ContentNeeds
}
