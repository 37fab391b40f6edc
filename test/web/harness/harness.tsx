import { type ChatMessage, createParley } from 'parley'
import { ParleyProvider } from 'parley/react'
import { Conversation, ParleyUI } from 'parley/ui'
import 'parley/ui.css'
import './harness.css'
import { createRoot } from 'react-dom/client'

/** A page of the kit with one chat, for tests that need more than the demo: several nodes, and links that can be cut. */

export interface HarnessOptions {
  readonly url: string
  /** Ways to the nodes: the next one is tried each time. */
  readonly wsUrls: readonly string[]
  readonly token: string
  readonly chatId: string
}

/** What a test asks of the page. */
export interface Harness {
  /** Says so many messages, one after the other at this pace. */
  talk(name: string, count: number, everyMs: number): void
  said(): number
  /** Everything that was committed so far is here, and nothing of one's own is on its way. */
  isSettled(count: number): boolean
  /** Everything committed that the list has ever shown, by `seq`. */
  seen(): { readonly seq: number; readonly from: string; readonly content: string }[]
}

declare global {
  interface Window {
    harness: Harness
  }
}

const options: HarnessOptions = JSON.parse(decodeURIComponent(location.hash.slice(1)))
let attempts = 0

class LedWebSocket extends WebSocket {
  constructor(_: string, protocols: string[]) {
    super(options.wsUrls[attempts++ % options.wsUrls.length] ?? '', protocols)
  }
}

const parley = createParley({ url: options.url, token: async () => options.token, webSocket: LedWebSocket })
const chat = parley.chats.open(options.chatId)
let said = 0
const seen = new Map<number, ChatMessage>()

chat.subscribe(() => {
  for (const message of chat.messages) if (message.seq !== null) seen.set(message.seq, message)
})

window.harness = {
  talk(name, count, everyMs) {
    const timer = setInterval(() => {
      chat.send(`${name}${said}`)
      said += 1
      if (said === count) clearInterval(timer)
    }, everyMs)
  },
  said: () => said,
  isSettled: (count) =>
    chat.state.isLive &&
    chat.state.chat?.lastSeq === count &&
    chat.messages.every(({ status }) => status !== 'sending'),
  seen: () =>
    [...seen.values()]
      .sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0))
      .map(({ seq, sender, content }) => ({ seq: seq ?? 0, from: sender.id, content })),
}

createRoot(document.getElementById('root') ?? document.body).render(
  <ParleyProvider client={parley}>
    <ParleyUI>
      <Conversation chatId={options.chatId} />
    </ParleyUI>
  </ParleyProvider>,
)
