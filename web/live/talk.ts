import { type Cell, createCell } from '../cell.js'
import type { Sides } from '../phones/side.js'
import type { Watch } from './watch.js'

const MESSAGES = 50
const EVERY_MS = 100

const LINES = [
  'Is the glaze the blue one on the picture?',
  'It is, a little darker in daylight.',
  'And how much does it hold?',
  'One litre, which is four cups.',
  'Do you have matching cups?',
  'Six are left of them.',
  'Then I take two of these as well.',
  'I put them into the same parcel.',
  'Which day will it be here?',
  'On Thursday, says the post.',
] as const

export interface TalkState {
  readonly said: number
  readonly total: number
  readonly isTalking: boolean
}

export interface Talk extends Cell<TalkState> {
  /** In the chat that is on a screen; else in this one. */
  start(fallback: string): void
  stop(): void
}

/** Lets both talk, a message every tenth of a second in turn, through their own clients as a person would. */
export function createTalk([ann, bob]: Sides, watch: Watch): Talk {
  const state = createCell<TalkState>({ said: 0, total: MESSAGES, isTalking: false })
  let timer: ReturnType<typeof setInterval> | undefined

  function stop(): void {
    clearInterval(timer)
    state.set({ ...state.state, isTalking: false })
  }

  return Object.assign(state, {
    stop,
    start(fallback: string) {
      stop()
      const pair = watch.pairOf(ann.openChat.state ?? bob.openChat.state ?? fallback)
      let said = 0
      timer = setInterval(() => {
        const chat = said % 2 === 0 ? pair.ann : pair.bob
        said += 1
        chat.send(`${said}. ${LINES[(said - 1) % LINES.length]}`)
        state.set({ said, total: MESSAGES, isTalking: said < MESSAGES })
        if (said === MESSAGES) clearInterval(timer)
      }, EVERY_MS)
      state.set({ said, total: MESSAGES, isTalking: true })
    },
  })
}
