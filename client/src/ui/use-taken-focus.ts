import { useEffect, useRef } from 'react'

/**
 * Takes the focus when a view opens in place of the one that had it, so that the keyboard stays where the eyes are. A page
 * that nobody has touched yet keeps its focus, and so does a field beside this view.
 */
export function useTakenFocus(key: unknown, target: () => HTMLElement | null | undefined): void {
  const latest = useRef(target)
  latest.current = target
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is shown has changed
  useEffect(() => {
    const isLost = document.activeElement === null || document.activeElement === document.body
    if (isLost && navigator.userActivation?.hasBeenActive) latest.current()?.focus({ preventScroll: true })
  }, [key])
}
