// The agent on openCryptoki's soft token, which a daemon serves.
import { provesMiddleware } from '../lib/middleware.mjs';
import { OpenCryptokiKey } from '../lib/opencryptoki.mjs';

provesMiddleware({
	kind: OpenCryptokiKey, name: 'openCryptoki', keyType: 'rsa2048', keyTypes: ['rsa2048'], service: true,
	wrong: [['pin.incorrect', 'low', 'low'], ['pin.incorrect', 'last', 'final'], ['pin.locked', '', 'locked'], ['pin.locked', '', 'locked']],
});
