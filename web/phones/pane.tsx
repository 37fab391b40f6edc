import type { ConnectionState } from 'parley'
import { useObservable } from '../cell.js'
import type { Demo } from '../demo.js'
import { Phone } from './phone.js'
import { initials, type Side } from './side.js'

const ROLES = { customer: 'Customer', seller: 'Seller' } as const

/** One of the two: who it is, how they are connected, the plug, and the phone. */
export function Pane({ side, demo }: { side: Side; demo: Demo }) {
  const { person, parley, plug } = side
  const connection = useObservable(parley.connection)
  const isPulled = useObservable(plug.isPulled)
  return (
    <section
      className="pane"
      data-testid={`pane-${person.sub}`}
      data-who={person.sub}
      data-pulled={isPulled}
      aria-labelledby={`name-${person.sub}`}
    >
      <div className="pane-head">
        <span className="avatar" aria-hidden="true">
          {initials(person)}
        </span>
        <h2 id={`name-${person.sub}`}>
          {person.fullName} <small>{ROLES[person.role]}</small>
        </h2>
        <p className="connection" data-testid="connection" data-connection={connection.status} role="status">
          {isPulled ? 'Unplugged' : connectionText(connection)}
        </p>
        <PlugSwitch side={side} demo={demo} isPulled={isPulled} />
      </div>
      <Phone side={side} demo={demo} />
    </section>
  )
}

function PlugSwitch({ side, demo, isPulled }: { side: Side; demo: Demo; isPulled: boolean }) {
  const { outages } = demo
  return (
    <button
      type="button"
      className="plug"
      data-testid={`plug-${side.person.sub}`}
      onClick={() => (isPulled ? outages.putBack(side) : outages.pull(side))}
    >
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <path d="M5.5 1v4M10.5 1v4M3.5 5h9v2.5a4.5 4.5 0 0 1-9 0zM8 12v3" />
      </svg>
      {isPulled ? 'Plug in' : 'Pull the plug'}
    </button>
  )
}

function connectionText(connection: ConnectionState): string {
  if (connection.status === 'online') return 'Connected'
  if (connection.status === 'stopped') return `Stopped: ${connection.code.replaceAll('_', ' ')}`
  return connection.status === 'offline' ? 'No connection' : 'Connecting…'
}
