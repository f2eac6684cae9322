// The marks of an order's objects on the key, made as docs/architecture.md says.
import { createHash } from 'node:crypto';

const hash = (text) => createHash('sha256').update(text).digest('hex');

// CKA_ID in hex. what: '' or ':enc'.
export const markId = (order, what = '') => hash(`keyhall:${order}${what}`).slice(0, 40);

// CKA_LABEL until the order is completed.
export const markLabel = (order, what = '') => `kh:${hash(`keyhall:${order}`).slice(0, 24)}${what ? ':e' : ''}`;
