// The renewals of the matrix, a row each. pool: softkey's name of the keys made before; dual: an encryption pair comes too; same: the
// old key is certified again; vendor: whose SM2 numbers the key has.
export const kinds = [
	{ name: 'RSA', keyType: 'rsa2048', pool: 'rsa2048' },
	{ name: 'RSA, two certificates', keyType: 'rsa2048', pool: 'rsa2048', dual: true },
	{ name: 'EC', keyType: 'ec-p256', pool: 'P-256' },
	{ name: 'SM2', keyType: 'sm2', pool: 'SM2', vendor: 'tass' },
	{ name: 'SM2, two certificates', keyType: 'sm2', pool: 'SM2', vendor: 'sansec', dual: true },
	{ name: 'same key', keyType: 'ec-p256', same: true },
];
