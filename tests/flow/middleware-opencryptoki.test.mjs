// The agent on openCryptoki's soft token, which a daemon serves.
import { provesMiddleware } from '../lib/middleware.mjs';
import { OpenCryptokiKey } from '../lib/opencryptoki.mjs';

provesMiddleware({
	kind: OpenCryptokiKey, name: 'openCryptoki', keyType: 'rsa2048', keyTypes: ['rsa2048'], service: true,
	wrong: [['pin.incorrect', 'low', 'low'], ['pin.incorrect', 'last', 'final'], ['pin.locked', '', 'locked'], ['pin.locked', '', 'locked']],
	known: Object.fromEntries([20, 50, 80].map((share) => [`the token host is killed after ${share} % of each step: the same calls go on`,
		'row 8: killed in complete when the old key is gone and another certificate has the same subject, the old certificate stays: the label says completed'])),
});
