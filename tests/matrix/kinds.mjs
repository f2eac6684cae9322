// The renewals of the matrix, a row each. pool: softkey's name of the keys made before; same: the old key is certified again.
export const kinds = [
	{ name: 'RSA', keyType: 'rsa2048', pool: 'rsa2048' },
	{ name: 'EC', keyType: 'ec-p256', pool: 'P-256' },
	{ name: 'same key', keyType: 'ec-p256', same: true },
];
