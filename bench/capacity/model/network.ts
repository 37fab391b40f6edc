import type { CostFile } from '../costs/costs.js'
import type { Product } from '../options.js'
import { ACTIVITY_MEMBERS, PING_MS } from '../service.js'
import type { Figure, Section } from './figure.js'
import type { Load } from './load.js'
import type { Nodes } from './nodes.js'
import { CONTENT_BYTES } from './postgres.js'

const DAY = 86_400

/** The costs that all that goes out is reckoned from. */
const OUT: Figure['from'] = [
  'sendReplyBytes',
  'pushBytes',
  'activityBytes',
  'helloBytes',
  'listBytes',
  'joinReplyBytes',
  'pongBytes',
  'packetBytes',
  'handshakeBytes',
]

/** Between the clients and the nodes, and what is stored as files. */
export function networkFor(
  { costs, assumptions }: CostFile,
  load: Load,
  nodes: Nodes,
  product: Product,
): Section[] {
  const { messages, deliveries, begins, sessions } = load
  const packet = assumptions.packetBytes.value
  const more = product['content-bytes'] - CONTENT_BYTES
  const pings = (sessions * 1000) / PING_MS
  const talkOut =
    messages *
    (costs.sendReplyBytes.value +
      packet +
      deliveries * (costs.pushBytes.value + more + packet) +
      Math.min(deliveries, ACTIVITY_MEMBERS) * (costs.activityBytes.value + more + packet))
  const beginOut =
    begins *
    (assumptions.handshakeBytes.value +
      costs.helloBytes.value +
      costs.listBytes.value +
      product['open-chats'] * costs.joinReplyBytes.value +
      (2 + product['open-chats']) * packet)
  const pongs = pings * (costs.pongBytes.value + packet)
  const out = talkOut + beginOut + pongs
  const into =
    messages * (costs.sendBytes.value + more + packet) +
    begins * assumptions.handshakeBytes.value +
    pings * (costs.pingBytes.value + packet)
  const megabits = (bytes: number) => (bytes * 8) / 1e6

  const files = load.messagesPerDay * product.attachments
  const bytes = product['attachment-bytes']
  const peakFiles = messages * product.attachments
  return [
    {
      title: 'Network, clients',
      figures: [
        {
          what: 'out, all nodes',
          value: megabits(out),
          unit: 'Mbit/s',
          from: OUT,
        },
        {
          what: 'out, of this for messages',
          value: megabits(talkOut),
          unit: 'Mbit/s',
          from: ['sendReplyBytes', 'pushBytes', 'activityBytes', 'packetBytes'],
        },
        {
          what: 'out, of this for sessions that begin',
          value: megabits(beginOut),
          unit: 'Mbit/s',
          from: ['helloBytes', 'listBytes', 'joinReplyBytes', 'packetBytes', 'handshakeBytes'],
        },
        {
          what: 'out, each node',
          value: megabits(out / nodes.count),
          unit: 'Mbit/s',
          from: OUT,
        },
        {
          what: 'in, all nodes',
          value: megabits(into),
          unit: 'Mbit/s',
          from: ['sendBytes', 'pingBytes', 'packetBytes', 'handshakeBytes'],
        },
        {
          what: 'out in a year, with files read once',
          value: ((out / product['peak-factor']) * DAY * 365 + files * 365 * bytes) / 1e12,
          unit: 'TB',
          from: OUT,
        },
      ],
    },
    {
      title: 'Object storage',
      figures: [
        { what: 'files a day', value: files, unit: '', from: [] },
        { what: 'kept', value: (files * product['retention-days'] * bytes) / 1e12, unit: 'TB', from: [] },
        { what: 'files in a second', value: peakFiles, unit: 'a second', from: [] },
        { what: 'into the store', value: megabits(peakFiles * bytes), unit: 'Mbit/s', from: [] },
      ],
    },
  ]
}
