// A renewal on a PKCS#15 card (tests/card) that is broken off. A directory of 1530 bytes is written by six UPDATEs: what is broken off among
// them leaves new bytes before old ones.
import { provesBroken } from '../lib/card-broken.mjs';
import { Pkcs15Key } from '../lib/card.mjs';

// What a renewal of an EC key writes. begin: 1 the key's file, 2 the key, 3 to 8 the directory of private keys, 9 and 10 the file of the public
// one, 11 to 16 its directory. install: 1 to 4 the certificate's file, 5 to 10 its directory, 11 to 16 that of private keys. complete: for
// each of private key, public key and certificate a deletion and its directory (1, 8, 15); then labels, without which it also goes well.
provesBroken([
	{ step: 'begin', n: 1, killed: { hidden: true }, pulled: {}, often: true },
	{ step: 'begin', n: 2, killed: { hidden: true }, pulled: { hidden: true } },
	{ step: 'begin', n: 3, killed: { hidden: true }, pulled: { hidden: true }, often: true },
	{ step: 'begin', n: 4, killed: {}, pulled: { hidden: true } },
	{ step: 'begin', n: 8, killed: {}, pulled: {} },
	{ step: 'begin', n: 9, killed: {}, pulled: {} },
	{ step: 'begin', n: 11, killed: {}, pulled: {} },
	{ step: 'begin', n: 16, killed: {}, pulled: {}, often: true },
	{ step: 'install', n: 1, killed: {}, pulled: {}, often: true },
	{ step: 'install', n: 3, killed: {}, pulled: {} },
	{ step: 'install', n: 5, killed: {}, pulled: {} },
	{ step: 'install', n: 6, killed: {}, pulled: {} },
	{ step: 'install', n: 10, killed: {}, pulled: {} },
	{ step: 'install', n: 11, killed: { end: 'lostKey', hidden: true }, pulled: {}, often: true },
	{ step: 'install', n: 12, killed: {}, pulled: { end: 'lostKey', hidden: true } },
	{ step: 'install', n: 16, killed: {}, pulled: {} },
	{ step: 'complete', n: 1, killed: { end: 'deadKey' }, pulled: {}, often: true },
	{ step: 'complete', n: 2, killed: {}, pulled: { end: 'deadKey' } },
	{ step: 'complete', n: 8, killed: {}, pulled: {} },
	{ step: 'complete', n: 9, killed: {}, pulled: {} },
	{ step: 'complete', n: 15, killed: { end: 'noCertificates' }, pulled: {}, often: true },
	{ step: 'complete', n: 16, killed: {}, pulled: { end: 'noCertificates' } },
	{ step: 'complete', n: 22, killed: {} },
	{ step: 'complete', n: 33, killed: {} },
], { kind: Pkcs15Key });
