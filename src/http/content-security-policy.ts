/** What no page of ours may do, beside what it says itself: be framed, send forms, take its links from elsewhere. */
const SHUT = ["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"]

/** The header of a page that may do this and no more. */
export function contentSecurityPolicy(...directives: readonly string[]): string {
  return [...directives, ...SHUT].join('; ')
}
