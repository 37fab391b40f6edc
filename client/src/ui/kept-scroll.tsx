import { Component, createRef, type ReactNode } from 'react'

/** How far from the end still counts as being there. */
const AT_END_PX = 40
/** How far from an edge more is fetched: a second of fast scrolling. */
const NEAR_PX = 1_500

export interface ScrollPosition {
  readonly isAtEnd: boolean
  readonly isFarFromEnd: boolean
  readonly isNearTop: boolean
  readonly isNearEnd: boolean
}

export interface KeptScrollProps {
  readonly label: string
  /** False: what comes below is not new, so that being at the end does not mean to stay there. */
  readonly isWhole: boolean
  /** When this changes to another key, the end is what one wants to see. */
  readonly endKey: string | undefined
  /** Hears of each scroll, and after each change of what there is to scroll. */
  readonly onMove: (position: ScrollPosition) => void
  /** The rows, as elements of one list. Those with `data-seq` stay what they are; others may move when rows come above. */
  readonly children: ReactNode
}

interface Reference {
  readonly row: HTMLElement
  readonly top: number
}

/**
 * Scrolls a list, and keeps what is read where it is on the screen while rows come and go around it; at the end it stays
 * at the end. A class, because only a class is asked before the elements change.
 */
export class KeptScroll extends Component<KeptScrollProps> {
  readonly #scroller = createRef<HTMLElement>()
  readonly #list = createRef<HTMLOListElement>()
  #isAtEnd = true
  #resizes: ResizeObserver | undefined

  override componentDidMount(): void {
    // A growing composer, an on-screen keyboard, a picture that became a card: none of them may cover the end.
    this.#resizes = new ResizeObserver(() => this.#settle())
    for (const { current } of [this.#scroller, this.#list]) if (current) this.#resizes.observe(current)
    this.toEnd()
  }

  override componentWillUnmount(): void {
    this.#resizes?.disconnect()
  }

  override getSnapshotBeforeUpdate(): Reference | null {
    const scroller = this.#scroller.current
    const row = scroller && this.#firstVisible(scroller.scrollTop)
    return scroller && row ? { row, top: row.offsetTop - scroller.scrollTop } : null
  }

  override componentDidUpdate(previous: KeptScrollProps, _state: unknown, reference: Reference | null): void {
    const { endKey, isWhole } = this.props
    const scroller = this.#scroller.current
    if (endKey !== undefined && endKey !== previous.endKey) this.#isAtEnd = true
    const sticks = this.#isAtEnd && isWhole && previous.isWhole
    if (!sticks && scroller && reference?.row.isConnected) {
      const moved = reference.row.offsetTop - scroller.scrollTop - reference.top
      if (moved !== 0) scroller.scrollTop += moved
    }
    this.#settle()
  }

  /** The newest message, at once. */
  toEnd(): void {
    this.#isAtEnd = true
    this.#settle()
  }

  #settle(): void {
    const scroller = this.#scroller.current
    if (scroller && this.#isAtEnd && this.props.isWhole) scroller.scrollTop = scroller.scrollHeight
    this.#look()
  }

  readonly #look = (): void => {
    const scroller = this.#scroller.current
    if (!scroller) return
    const { scrollTop, scrollHeight, clientHeight } = scroller
    const below = scrollHeight - scrollTop - clientHeight
    this.#isAtEnd = below < AT_END_PX
    this.props.onMove({
      isAtEnd: this.#isAtEnd,
      isFarFromEnd: below > clientHeight,
      isNearTop: scrollTop < NEAR_PX,
      isNearEnd: below < NEAR_PX,
    })
  }

  /** The first message that is seen, by halving: a list of hundreds is asked a few times. */
  #firstVisible(scrollTop: number): HTMLElement | undefined {
    const rows = this.#list.current?.querySelectorAll<HTMLElement>(':scope > [data-seq]') ?? []
    let [low, high] = [0, rows.length]
    while (low < high) {
      const middle = (low + high) >> 1
      const row = rows[middle]
      if (row && row.offsetTop + row.offsetHeight > scrollTop) high = middle
      else low = middle + 1
    }
    return rows[low]
  }

  override render(): ReactNode {
    return (
      <section
        ref={this.#scroller}
        className="parley-scroller"
        aria-label={this.props.label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard
        tabIndex={0}
        onScroll={this.#look}
      >
        <ol ref={this.#list} className="parley-rows">
          {this.props.children}
        </ol>
      </section>
    )
  }
}
