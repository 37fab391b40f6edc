import type { Labels } from './labels.js'

const plural = new Intl.PluralRules('ar')

/** Arabic counts one and two by the noun alone, three to ten by its plural, and more by its singular again. */
const count = (n: number, one: string, two: string, few: string, many: string): string => {
  const form = plural.select(n)
  if (form === 'one') return one
  if (form === 'two') return two
  return `${n} ${form === 'few' ? few : many}`
}

export const arabic: Labels = {
  locale: 'ar',
  dir: 'rtl',

  inbox: 'صندوق الوارد',
  chats: 'المحادثات',
  archived: 'الأرشيف',
  search: 'البحث في المحادثات',
  noChats: 'لا توجد محادثات بعد',
  noArchived: 'الأرشيف فارغ',
  noResults: 'لا توجد محادثة تطابق بحثك',
  loading: 'جارٍ التحميل…',
  loadFailed: 'تعذّر التحميل',
  tryAgain: 'إعادة المحاولة',
  order: (id) => `الطلب ${id}`,
  unread: (n) => `${n} غير مقروءة`,
  said: (name, text) => `${name}: ${text}`,
  you: 'أنت',
  photos: (n) => count(n, 'صورة', 'صورتان', 'صور', 'صورة'),
  files: (n) => count(n, 'ملف', 'ملفان', 'ملفات', 'ملفًا'),

  back: (n) => (n === 0 ? 'العودة إلى المحادثات' : `العودة إلى المحادثات، ${n} منها غير مقروءة`),
  archive: 'أرشفة',
  unarchive: 'إخراج من الأرشيف',
  online: 'متصل',
  offline: 'غير متصل',
  lastSeen: (when) => `آخر ظهور ${when}`,
  membersOnline: (online, others) => `${online} من ${others} متصلون`,
  nobodyElse: 'لا يوجد أحد آخر هنا',

  messages: 'الرسائل',
  noMessages: 'لا توجد رسائل بعد. ألقِ التحية.',
  today: 'اليوم',
  yesterday: 'أمس',
  newMessages: (n) => count(n, 'رسالة جديدة', 'رسالتان جديدتان', 'رسائل جديدة', 'رسالة جديدة'),
  toNewest: 'إلى أحدث رسالة',
  edited: 'معدّلة',
  deleted: 'حُذفت الرسالة',
  sending: 'جارٍ الإرسال',
  sent: 'أُرسلت',
  read: 'قُرئت',
  failed: 'لم تُرسل',
  discard: 'تجاهل',
  messageMenu: 'تعديل الرسالة أو حذفها',
  edit: 'تعديل',
  delete: 'حذف',
  askDelete: 'حذف هذه الرسالة لدى الجميع؟',
  cancel: 'إلغاء',
  typing: (names) => (names.length === 1 ? `${names[0]} يكتب` : `${names.join('، ')} يكتبون`),
  openFile: (name) => `فتح ${name} في علامة تبويب جديدة`,

  message: 'رسالة',
  send: 'إرسال',
  save: 'حفظ',
  editing: 'تعديل الرسالة',
  attach: 'إرفاق ملفات',
  dropFiles: 'أفلت الملفات هنا لإرفاقها',
  chosenFiles: 'الملفات المرفقة',
  removeFile: (name) => `إزالة ${name}`,
  uploadOf: (name) => `رفع ${name}`,
  waiting: 'في الانتظار',
  uploading: (percent) => `${percent}%`,
  finishing: 'على وشك الانتهاء',
  tooLong: (bytes) => `النص طويل: يُرجى اختصاره بنحو ${count(bytes, 'حرف', 'حرفين', 'أحرف', 'حرفًا')}.`,
  fileTooLarge: (name, limit) => `«${name}» كبير جدًا: الحد الأقصى ${limit}.`,
  tooManyFiles: (limit) => `الحد الأقصى في الرسالة: ${count(limit, 'ملف واحد', 'ملفان', 'ملفات', 'ملفًا')}.`,

  waitingForNetwork: 'في انتظار الشبكة – لن يضيع شيء',
  stopped: {
    unauthenticated: 'تم تسجيل خروجك',
    too_many_sessions: 'هذه المحادثة مفتوحة في أماكن كثيرة',
    refused: 'رُفض الاتصال',
    closed: 'أُغلق الاتصال',
  },
  reconnect: 'إعادة الاتصال',
  closedChat: 'هذه المحادثة مغلقة',
  notAMember: 'لست عضوًا في هذه المحادثة',
  failures: {
    offline: 'لا يوجد اتصال',
    rate_limited: 'سريع جدًا: حاول مرة أخرى بعد لحظة',
    too_large: 'الحجم كبير جدًا',
    unsupported_type: 'لا يمكن إرسال ملفات من هذا النوع',
    chat_closed: 'المحادثة مغلقة',
    conflict: 'تغيّرت الرسالة في هذه الأثناء',
    forbidden: 'هذا غير مسموح',
    outbox_full: 'رسائل كثيرة تنتظر الإرسال',
    overloaded: 'الخدمة مشغولة: حاول مرة أخرى بعد لحظة',
    attachments_disabled: 'لا يمكن إرسال ملفات هنا',
    internal: 'حدث خطأ ما',
  },
}
