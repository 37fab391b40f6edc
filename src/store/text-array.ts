/**
 * Texts as a literal of a Postgres array. The driver makes one too, at ten times the price: nearly all texts have
 * nothing in them that must be escaped, and none is anything else than text.
 */
export function textArray(texts: readonly (string | null)[]): string {
  let literal = ''
  for (const text of texts) literal += literal === '' ? toElement(text) : `,${toElement(text)}`
  return `{${literal}}`
}

/** Numbers, truths and ids as a literal of a Postgres array. */
export function plainArray(values: readonly (string | number | boolean)[]): string {
  return `{${values.join()}}`
}

const SPECIAL = /["\\]/

function toElement(text: string | null): string {
  if (text === null) return 'NULL'
  return SPECIAL.test(text) ? `"${text.replace(/["\\]/g, '\\$&')}"` : `"${text}"`
}
