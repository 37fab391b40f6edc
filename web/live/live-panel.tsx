import { useObservable } from '../cell.js'
import type { Demo } from '../demo.js'
import { firstName, type Side } from '../phones/side.js'
import type { Latency } from './latencies.js'
import { OutageLog } from './outage-log.js'
import { Sparkline } from './sparkline.js'
import type { Standing } from './watch.js'

/** What is measured between the two phones, and what an outage does to them. */
export function LivePanel({ demo }: { demo: Demo }) {
  const { ann, bob, meter, talk, outages, shop } = demo
  const reading = useObservable(meter)
  const { said, total, isTalking } = useObservable(talk)
  return (
    <aside className="panel" data-testid="live-panel" aria-labelledby="live">
      <section className="panel-part">
        <h2 id="live">Live</h2>
        <div className="rate">
          <p>
            <strong data-testid="rate">{reading.perSecond}</strong> messages/s
          </p>
          <Sparkline series={reading.series} />
        </div>
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">From “send” to</th>
              <th scope="col">p50</th>
              <th scope="col">p95</th>
            </tr>
          </thead>
          <tbody>
            <LatencyRow name="the commit" latency={reading.acked} />
            <LatencyRow name="the other phone" latency={reading.seen} />
          </tbody>
        </table>
        <button
          type="button"
          className="button wide"
          data-testid="talk"
          onClick={() => (isTalking ? talk.stop() : talk.start(shop.chatIds.at(-1) ?? ''))}
        >
          {isTalking ? `Stop (${said} of ${total})` : `Talk for me: ${total} messages`}
        </button>
      </section>
      <section className="panel-part panel-outage" aria-labelledby="outage">
        <h2 id="outage">Pull a plug: nothing is lost</h2>
        <table className="figures">
          <thead>
            <tr>
              <th scope="col">Phone</th>
              <th scope="col">to send</th>
              <th scope="col">to receive</th>
            </tr>
          </thead>
          <tbody>
            <StandingRow side={ann} standing={reading.standings.ann} />
            <StandingRow side={bob} standing={reading.standings.bob} />
          </tbody>
        </table>
        <dl className="faults" data-bad={reading.missed + reading.repeated > 0}>
          <div>
            <dt>Missed</dt>
            <dd data-testid="missed">{reading.missed}</dd>
          </div>
          <div>
            <dt>Twice</dt>
            <dd data-testid="repeated">{reading.repeated}</dd>
          </div>
        </dl>
        <OutageLog log={outages.log} />
      </section>
    </aside>
  )
}

function LatencyRow({ name, latency }: { name: string; latency: Latency | undefined }) {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{milliseconds(latency?.p50)}</td>
      <td>{milliseconds(latency?.p95)}</td>
    </tr>
  )
}

function StandingRow({ side, standing }: { side: Side; standing: Standing }) {
  return (
    <tr data-who={side.person.sub}>
      <th scope="row">{firstName(side.person)}</th>
      <td data-testid="to-send">{standing.waiting}</td>
      <td data-testid="to-receive">{standing.behind}</td>
    </tr>
  )
}

function milliseconds(ms: number | undefined): string {
  if (ms === undefined) return '–'
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`
}
