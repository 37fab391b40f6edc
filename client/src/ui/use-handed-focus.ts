import { type RefObject, useLayoutEffect } from 'react'

/** Where what has the focus goes away, its heir takes it: the keyboard is not to begin at the top of the page again. */
export function useHandedFocus(
  root: RefObject<HTMLElement | null>,
  heir: (root: HTMLElement) => HTMLElement | null | undefined,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, when it goes
  useLayoutEffect(() => {
    const { current } = root
    return () => {
      if (current?.contains(document.activeElement)) heir(current)?.focus({ preventScroll: true })
    }
  }, [root])
}

/** The list that a row is in. */
export function scrollerOf(element: HTMLElement): HTMLElement | null {
  return element.closest<HTMLElement>('.parley-scroller, .parley-inbox-scroller')
}
