import { type RefObject, useEffect, useLayoutEffect } from 'react'

/** A view has gone, and the focus with it. */
let isFocusLost = false

/**
 * Where one view takes the place of another, the one that comes takes the focus from the one that goes, so that the
 * keyboard stays where the eyes are. A page that only opens keeps its focus, and so does a view beside this one.
 */
export function useTakenFocus(
  root: RefObject<HTMLElement | null>,
  isReady: boolean,
  target: () => HTMLElement | null | undefined,
): void {
  useLayoutEffect(() => {
    const { current } = root
    return () => {
      if (current?.contains(document.activeElement)) isFocusLost = true
    }
  }, [root])

  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once, when there is something to focus
  useEffect(() => {
    if (!isReady || !isFocusLost) return
    isFocusLost = false
    if (document.activeElement === document.body) target()?.focus({ preventScroll: true })
  }, [isReady])
}
