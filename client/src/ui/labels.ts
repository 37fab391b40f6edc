/** Every word of the kit, in one language. Those with something to say about are functions, for plurals and word order. */
export interface Labels {
  /** BCP 47: how dates, times and numbers are written unless `locale` says otherwise. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'

  // The inbox
  readonly inbox: string
  readonly chats: string
  readonly archived: string
  readonly search: string
  readonly noChats: string
  readonly noArchived: string
  readonly noResults: string
  readonly loading: string
  readonly loadFailed: string
  readonly tryAgain: string
  readonly order: (id: string) => string
  readonly unread: (count: number) => string
  readonly said: (name: string, text: string) => string
  readonly you: string
  readonly photos: (count: number) => string
  readonly files: (count: number) => string

  // The head of a conversation
  readonly back: (unreadChats: number) => string
  readonly archive: string
  readonly unarchive: string
  readonly online: string
  readonly offline: string
  readonly lastSeen: (when: string) => string
  readonly membersOnline: (online: number, others: number) => string
  readonly nobodyElse: string

  // Its messages
  readonly messages: string
  readonly noMessages: string
  readonly today: string
  readonly yesterday: string
  readonly newMessages: (count: number) => string
  readonly toNewest: string
  readonly edited: string
  readonly deleted: string
  readonly sending: string
  readonly sent: string
  readonly read: string
  readonly failed: string
  readonly discard: string
  readonly messageMenu: string
  readonly edit: string
  readonly delete: string
  readonly askDelete: string
  readonly cancel: string
  readonly typing: (names: readonly string[]) => string
  readonly openFile: (name: string) => string

  // The composer
  readonly message: string
  readonly send: string
  readonly save: string
  readonly editing: string
  readonly attach: string
  readonly dropFiles: string
  readonly chosenFiles: string
  readonly removeFile: (name: string) => string
  readonly uploadOf: (name: string) => string
  readonly waiting: string
  readonly uploading: (percent: number) => string
  readonly finishing: string
  readonly tooLong: (bytes: number) => string
  readonly fileTooLarge: (name: string, limit: string) => string
  readonly tooManyFiles: (limit: number) => string

  // What is the matter
  readonly waitingForNetwork: string
  readonly stopped: Readonly<Record<'unauthenticated' | 'too_many_sessions' | 'refused' | 'closed', string>>
  readonly reconnect: string
  readonly closedChat: string
  readonly notAMember: string
  /** By the codes of the contract; one that is not here is told in the server's words. */
  readonly failures: Readonly<Record<string, string>>
}
