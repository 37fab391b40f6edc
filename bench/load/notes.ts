/** What a reader of the report has to know. */
export const NOTES = [
  'The nodes, Postgres, Redis and the generator share the machine: what the generator takes is taken from the servers. Its own processor time is in the tables, and where it may have been the limit a table says so.',
  'Latency is counted from the moment at which a message was due, to when its ack, or the message itself at the other member’s connection, has been read. At fixed rates that moment is fixed beforehand: a message that had to wait for its turn has waited. The generator wakes up about every millisecond, which is in all latencies.',
  'Processor time is user and system time of a process and of its children, as the kernel counts it, divided by the messages delivered to another member (in the big chat: by deliveries). RSS is what of a process is in memory.',
  'Lost: a delivery that should have been and was not within 20 s of the last message. Again: a message that came twice, or after a later one of the same sender. Holes: one that came although its predecessor had not. All three are counted over the whole talk, warming up included.',
  'Postgres waits for the disk (fsync and synchronous_commit are on); Redis keeps nothing on disk. Figures drift from one half hour to the next: compare what ran in turn, in one run.',
]
