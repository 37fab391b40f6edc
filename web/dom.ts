// The little of a view library that this page needs. Text goes in as text nodes only: nothing a person wrote is
// ever parsed as HTML.

export interface ElementOptions {
  class?: string
  text?: string
  testid?: string
  attributes?: Record<string, string>
}

export const el = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  children: Node[] = [],
): HTMLElementTagNameMap[K] => {
  const node = document.createElement(tag)
  if (options.class !== undefined) node.className = options.class
  if (options.text !== undefined) node.textContent = options.text
  if (options.testid !== undefined) node.dataset.testid = options.testid
  for (const [name, value] of Object.entries(options.attributes ?? {})) node.setAttribute(name, value)
  node.append(...children)
  return node
}

export const button = (
  label: string,
  onClick: () => void,
  options: Omit<ElementOptions, 'text'> = {},
): HTMLButtonElement => {
  const node = el('button', {
    ...options,
    text: label,
    attributes: { type: 'button', ...options.attributes },
  })
  node.addEventListener('click', onClick)
  return node
}

/** Writes only a change: an equal text set again makes screen readers speak again, and drops selections. */
export const setText = (node: Node, text: string) => {
  if (node.textContent !== text) node.textContent = text
}

export interface Row<T> {
  root: HTMLElement
  update(item: T): void
}

/**
 * Keeps the children of `parent` in step with a list of keyed items. Elements are kept and moved, never made
 * anew, so that focus and scrolling stay and a live region announces only what is new.
 */
export const createKeyedRows = <T extends { key: string }>(
  parent: HTMLElement,
  create: (item: T) => Row<T>,
) => {
  const rows = new Map<string, Row<T>>()
  return {
    get: (key: string) => rows.get(key)?.root,
    render(items: T[]) {
      const focused = document.activeElement
      const keys = new Set(items.map((item) => item.key))
      for (const [key, row] of rows) {
        if (keys.has(key)) continue
        row.root.remove()
        rows.delete(key)
      }
      items.forEach((item, index) => {
        let row = rows.get(item.key)
        if (!row) {
          row = create(item)
          rows.set(item.key, row)
        }
        row.update(item)
        const there = parent.children[index]
        if (there !== row.root) parent.insertBefore(row.root, there ?? null)
      })
      // Moving an element takes its focus away.
      if (focused instanceof HTMLElement && focused !== document.activeElement && parent.contains(focused)) {
        focused.focus({ preventScroll: true })
      }
    },
  }
}

/** Opens an address, or saves what it sends as a download; this page stays, and is not told to the other one. */
export const openInNewTab = (url: string) => {
  const link = el('a', { attributes: { href: url, target: '_blank', rel: 'noopener noreferrer' } })
  link.click()
}
