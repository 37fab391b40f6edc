import { useRef, useState } from 'react'
import { BOB } from '../people.js'
import type { Language } from '../settings.js'
import { WORDS } from '../words.js'
import type { Side } from './side.js'

interface InquiryProps {
  readonly side: Side
  readonly language: Language
  /** The chat is on the screen, in place of what had the focus. */
  readonly onOpened: () => void
}

/** A question to the seller before there is an order: a chat that the customer opens with their own token. */
export function Inquiry({ side, language, onOpened }: InquiryProps) {
  const words = WORDS[language]
  const dialog = useRef<HTMLDialogElement>(null)
  const [subject, setSubject] = useState('')
  const [hasFailed, setHasFailed] = useState(false)

  async function create(): Promise<void> {
    setHasFailed(false)
    try {
      const chat = await side.parley.chats.create({
        type: 'general',
        subject: subject.trim(),
        members: [{ userId: BOB.sub }],
      })
      setSubject('')
      dialog.current?.close()
      side.openChat.set(chat.id)
      onOpened()
    } catch {
      setHasFailed(true)
    }
  }

  return (
    <div className="inquiry">
      <button
        type="button"
        className="button wide"
        data-testid="new-inquiry"
        onClick={() => dialog.current?.showModal()}
      >
        {words.ask}
      </button>
      <dialog ref={dialog} className="dialog" aria-label={words.ask}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            void create()
          }}
        >
          <label>
            {words.askWhat}
            <input
              name="subject"
              required
              maxLength={200}
              autoComplete="off"
              value={subject}
              onChange={(event) => setSubject(event.target.value)}
            />
          </label>
          {hasFailed && <p role="alert">{words.failed}</p>}
          <div className="dialog-buttons">
            <button type="button" className="button quiet" onClick={() => dialog.current?.close()}>
              {words.cancel}
            </button>
            <button type="submit" className="button" disabled={subject.trim() === ''}>
              {words.askSend}
            </button>
          </div>
        </form>
      </dialog>
    </div>
  )
}
