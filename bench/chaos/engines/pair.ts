import type { Socket } from 'node:net'
import type { LinkState } from './relay.js'

/** One connection through a link: the client's half and the server's. */
export interface Pair {
  set(state: LinkState): void
  /** Passes nothing any more, not even an end. */
  forsake(): void
  hasLost(): boolean
  end(): void
}

interface Late {
  readonly dueAt: number
  /** Undefined: the end of the stream. */
  readonly chunk: Buffer | undefined
}

/** @param onEnded called once, when both halves are gone */
export function createPair(near: Socket, far: Socket, onEnded: () => void): Pair {
  let state: LinkState = { kind: 'open' }
  let isForsaken = false
  let hasLost = false

  const answers = oneWay(far, near, () => state.kind === 'mute')
  const requests = oneWay(near, far, () => false)

  /** Passes on what comes, in order, also while the delay changes. */
  function oneWay(from: Socket, to: Socket, isMute: () => boolean) {
    const late: Late[] = []
    let timer: NodeJS.Timeout | undefined

    function pass(chunk: Buffer | undefined): void {
      if (isForsaken || isMute()) {
        hasLost = true
        return
      }
      const delayMs = state.kind === 'slow' ? state.delayMs : 0
      if (late.length === 0 && delayMs === 0) write(chunk)
      else {
        late.push({ dueAt: performance.now() + delayMs, chunk })
        flush()
      }
    }

    function write(chunk: Buffer | undefined): void {
      if (to.destroyed) return
      if (chunk === undefined) to.end()
      else if (!to.write(chunk)) {
        from.pause()
        to.once('drain', () => {
          if (state.kind !== 'stalled') from.resume()
        })
      }
    }

    function flush(): void {
      clearTimeout(timer)
      while (late[0] !== undefined && late[0].dueAt <= performance.now()) write(late.shift()?.chunk)
      const next = late[0]
      if (next !== undefined) timer = setTimeout(flush, Math.max(1, next.dueAt - performance.now()))
    }

    from.on('data', pass)
    from.on('end', () => pass(undefined))
    from.on('error', () => {})
    from.on('close', () => {
      clearTimeout(timer)
      if (!isForsaken) to.destroy()
      if (near.destroyed && far.destroyed) onEnded()
    })
    return { from }
  }

  return {
    set(next) {
      state = next
      for (const { from } of [answers, requests])
        if (state.kind === 'stalled') from.pause()
        else from.resume()
    },
    forsake() {
      isForsaken = true
      hasLost = true
    },
    hasLost: () => hasLost,
    end() {
      near.destroy()
      far.destroy()
    },
  }
}
