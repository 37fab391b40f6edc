// How far outside of the log something is already worth loading.
const MARGIN = '300px'

export type WhenNear = (element: Element, act: () => void) => void

/** Calls back once, when an element of this scroller has come near to what is seen of it. */
export const createWhenNear = (scroller: Element): WhenNear => {
  const waiting = new WeakMap<Element, () => void>()
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) {
        if (!isIntersecting) continue
        observer.unobserve(target)
        waiting.get(target)?.()
      }
    },
    { root: scroller, rootMargin: MARGIN },
  )
  return (element, act) => {
    waiting.set(element, act)
    observer.observe(element)
  }
}
