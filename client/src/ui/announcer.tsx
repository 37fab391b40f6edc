import { useEffect, useRef, useState } from 'react'
import type { ChatMessage } from '../types.js'
import { useUi } from './parley-ui.js'
import { filesText } from './snippet.js'

/**
 * Reads out what others say, and nothing else. The list of messages is not live itself: history that is fetched would be
 * read out from it as if it were new.
 */
export function Announcer({ messages }: { readonly messages: readonly ChatMessage[] }) {
  const { labels } = useUi()
  const newest = messages.findLast(({ seq }) => seq !== null)
  const heard = useRef(newest?.seq ?? 0)
  const [text, setText] = useState('')

  useEffect(() => {
    if (!newest || newest.seq === null || newest.seq <= heard.current) return
    heard.current = newest.seq
    if (newest.isMine) return
    const said = newest.content || filesText(newest.attachments, labels)
    setText(newest.kind === 'system' ? said : labels.said(newest.sender.fullName, said))
  }, [newest, labels])

  return (
    <div className="parley-hidden" role="status" data-testid="announcer">
      {text}
    </div>
  )
}
