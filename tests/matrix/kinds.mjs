// The renewals of the matrix, a row each. pool: softkey's name of the keys made before; dual: an encryption pair comes too; same: the
// old key is certified again; softhsm: on a SoftHSM2 token; long: only with KEYHALL_ALL=1; vendor: whose SM2 numbers the key has.
export const kinds = [
	{ name: 'RSA', keyType: 'rsa2048', pool: 'rsa2048' },
	{ name: 'RSA, two certificates', keyType: 'rsa2048', pool: 'rsa2048', dual: true },
	{ name: 'EC', keyType: 'ec-p256', pool: 'P-256' },
	{ name: 'SM2', keyType: 'sm2', pool: 'SM2', vendor: 'tass' },
	{ name: 'SM2, two certificates', keyType: 'sm2', pool: 'SM2', vendor: 'sansec', dual: true },
	{ name: 'same key', keyType: 'ec-p256', same: true },
	// Through tests/shim, sampled in every run: no power cut, one slot, no history of writes.
	{ name: 'EC on SoftHSM2', keyType: 'ec-p256', softhsm: true },
	{ name: 'RSA, two certificates, on SoftHSM2', keyType: 'rsa2048', softhsm: true, dual: true, long: true },
];
