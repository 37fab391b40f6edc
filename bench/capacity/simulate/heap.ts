/** What is to come, the earliest first; of two at the same time, the one that was added first. */
export function createHeap<Item>() {
  const times: number[] = []
  const orders: number[] = []
  const items: Item[] = []
  let added = 0

  const isBefore = (one: number, other: number) => {
    const [first = 0, second = 0] = [times[one], times[other]]
    return first < second || (first === second && (orders[one] ?? 0) < (orders[other] ?? 0))
  }

  function swap(one: number, other: number): void {
    for (const list of [times, orders]) {
      const [first = 0, second = 0] = [list[one], list[other]]
      list[one] = second
      list[other] = first
    }
    const [first, second] = [items[one], items[other]]
    if (first === undefined || second === undefined) return
    items[one] = second
    items[other] = first
  }

  return {
    get size() {
      return items.length
    },

    add(time: number, item: Item): void {
      let at = items.length
      times.push(time)
      orders.push(added++)
      items.push(item)
      while (at > 0) {
        const parent = (at - 1) >> 1
        if (!isBefore(at, parent)) break
        swap(at, parent)
        at = parent
      }
    },

    /** Takes the earliest out; undefined when there is none. */
    take(): { readonly time: number; readonly item: Item } | undefined {
      const [time, item] = [times[0], items[0]]
      if (time === undefined || item === undefined) return undefined
      swap(0, items.length - 1)
      times.pop()
      orders.pop()
      items.pop()
      for (let at = 0; ; ) {
        const left = 2 * at + 1
        if (left >= items.length) break
        const least = left + 1 < items.length && isBefore(left + 1, left) ? left + 1 : left
        if (!isBefore(least, at)) break
        swap(at, least)
        at = least
      }
      return { time, item }
    },
  }
}
