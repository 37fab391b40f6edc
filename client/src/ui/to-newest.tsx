import { useRef } from 'react'
import { DownIcon } from './icons.js'
import { useUi } from './parley-ui.js'
import { useHandedFocus } from './use-handed-focus.js'

/** The way back to the end of the messages; once there it is gone. */
export function ToNewest({ unread, onClick }: { readonly unread: number; readonly onClick: () => void }) {
  const { labels } = useUi()
  const root = useRef<HTMLButtonElement>(null)
  useHandedFocus(root, (button) => button.parentElement?.querySelector<HTMLElement>('.parley-scroller'))
  return (
    <button
      ref={root}
      type="button"
      className="parley-to-newest"
      data-testid={unread > 0 ? 'new-messages' : 'to-newest'}
      aria-label={unread > 0 ? labels.newMessages(unread) : labels.toNewest}
      onClick={onClick}
    >
      {unread > 0 && <span>{labels.newMessages(unread)}</span>}
      <DownIcon />
    </button>
  )
}
