import type { MessageStatus } from '../types.js'
import { AlertIcon, CheckIcon, ChecksIcon, ClockIcon } from './icons.js'
import { useUi } from './parley-ui.js'

/** How far one's own message has come. */
export function Tick({ status }: { status: MessageStatus }) {
  const { labels } = useUi()
  if (status === 'received') return null
  return (
    <span
      className="parley-tick"
      data-testid="tick"
      data-status={status}
      role="img"
      aria-label={labels[status]}
      title={labels[status]}
    >
      {status === 'sending' && <ClockIcon />}
      {status === 'failed' && <AlertIcon />}
      {status === 'sent' && <CheckIcon />}
      {status === 'read' && <ChecksIcon />}
    </span>
  )
}
