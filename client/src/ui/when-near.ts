/** How far outside of what is seen something is already worth loading. */
const MARGIN = '400px 0px'

const observers = new WeakMap<Element, IntersectionObserver>()
const waiting = new WeakMap<Element, () => void>()

/** Calls back once, when the element has come near to what is seen of the timeline around it; returns what ends that. */
export function whenNear(element: Element, act: () => void): () => void {
  const scroller = element.closest('.parley-scroller')
  if (!scroller) return () => undefined
  const observer = observers.get(scroller) ?? createObserver(scroller)
  waiting.set(element, act)
  observer.observe(element)
  return () => observer.unobserve(element)
}

function createObserver(scroller: Element): IntersectionObserver {
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
  observers.set(scroller, observer)
  return observer
}
