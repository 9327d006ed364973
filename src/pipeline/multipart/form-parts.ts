/** What a form comes to: its text is still to be looked at by its schemas. */
export interface FormParts {
  readonly texts: Record<string, unknown>
  readonly files: Record<string, unknown>
  /** Fields that are refused already: that they are missing then is no fault of theirs. */
  readonly refused: ReadonlySet<string>
}
