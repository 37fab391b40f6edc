import type { Language } from './settings.js'
import type { OrderStatus } from './shop/orders.js'

/** What the marketplace itself says on its phones; the words of the chat are the kit's. */
export interface Words {
  readonly roles: Readonly<Record<'customer' | 'seller', string>>
  readonly order: string
  readonly statuses: Readonly<Record<OrderStatus, string>>
  readonly advance: Readonly<Record<'paid' | 'sent' | 'delivered', string>>
  readonly ask: string
  readonly askWhat: string
  readonly askSend: string
  readonly cancel: string
  readonly failed: string
}

export const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    roles: { customer: 'Customer', seller: 'Seller' },
    order: 'Order',
    statuses: { ordered: 'Ordered', paid: 'Paid', sent: 'Sent', delivered: 'Delivered' },
    advance: { paid: 'Pay now', sent: 'Mark as sent', delivered: 'It has arrived' },
    ask: 'Ask a question',
    askWhat: 'What is it about?',
    askSend: 'Start the chat',
    cancel: 'Cancel',
    failed: 'That did not work. Please try again.',
  },
  de: {
    roles: { customer: 'Kundin', seller: 'Verkäufer' },
    order: 'Bestellung',
    statuses: { ordered: 'Bestellt', paid: 'Bezahlt', sent: 'Versandt', delivered: 'Geliefert' },
    advance: { paid: 'Jetzt bezahlen', sent: 'Als versandt melden', delivered: 'Ist angekommen' },
    ask: 'Frage stellen',
    askWhat: 'Worum geht es?',
    askSend: 'Chat beginnen',
    cancel: 'Abbrechen',
    failed: 'Das hat nicht geklappt. Bitte noch einmal versuchen.',
  },
  ar: {
    roles: { customer: 'زبونة', seller: 'بائع' },
    order: 'الطلب',
    statuses: { ordered: 'تم الطلب', paid: 'مدفوع', sent: 'أُرسل', delivered: 'وصل' },
    advance: { paid: 'ادفع الآن', sent: 'تأكيد الإرسال', delivered: 'لقد وصل' },
    ask: 'اطرح سؤالاً',
    askWhat: 'ما موضوع السؤال؟',
    askSend: 'ابدأ المحادثة',
    cancel: 'إلغاء',
    failed: 'لم ينجح ذلك. حاول مرة أخرى.',
  },
}
