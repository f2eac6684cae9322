// The families of keys that ./dev demo shows, as options of makeScene (tests/lib/scene.mjs) and what is said about them.
import { SoftKey } from '../lib/softkey-token.mjs';
import { Token } from '../lib/token.mjs';

const rsa = { kind: Token, keyType: 'rsa2048', name: 'SoftHSM2' };
const sm2 = {
	kind: SoftKey, keyType: 'sm2', vendor: 'sansec', caType: 'sm2', name: 'tests/softkey',
	note: 'There is no common software token with SM2: this is the repository\'s own test token, with the numbers Sansec uses.\n' +
		'It keeps keys in clear and is no witness for any real key.',
};

export const familyOf = (options) => (options.sm2 ? sm2 : rsa);
