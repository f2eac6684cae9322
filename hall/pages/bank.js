/*
 * The sandbox bank's page, which the QR code opens: pays as a clerk would, or late, twice or silently as a tester
 * wants it. Controls: data-test = pay, pay-late, pay-twice, pay-silent, testers,
 * bank-done, bank-expired, problem.
 */
(function () {
	'use strict';

	var Hall = window.Hall;
	var LATE_SECONDS = 10;
	var id = window.location.pathname.split('/').pop();
	var place = null;
	var payment = null;
	var payee = null;

	function result(kind, name) {
		Hall.fill(place, [
			Hall.h('div.success', {'data-test': 'bank-' + name}, [
				Hall.h('span.success-mark.mark-' + kind, {'aria-hidden': 'true', text: kind === 'good' ? '✓' : '!'}),
				Hall.h('p.success-title', {text: Hall.t('bank.' + name)}),
				Hall.h('p', {text: Hall.t('bank.' + name + '.text')})
			])
		]);
	}

	function pay(mode) {
		var body = mode === 'late' ? {mode: mode, seconds: LATE_SECONDS} : {mode: mode};
		Hall.fill(place, Hall.spinner(Hall.t('bank.paying')));
		Hall.api.post('/bank/pay/' + encodeURIComponent(id), body, function (error) {
			if (error && error.name !== 'payment.expired') {
				Hall.fill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', look)]}));
				return;
			}
			payment.state = error ? 'expired' : 'paid';
			show();
		});
	}

	function modeButton(mode) {
		return Hall.button('plain', Hall.t('bank.' + mode), 'pay-' + mode, function () { pay(mode); });
	}

	function show() {
		if (!payment) { return; }
		if (payment.state === 'paid' || payment.state === 'processing' || payment.state === 'refunded') {
			result('good', 'done');
		} else if (payment.state !== 'open') {
			result('warn', 'expired');
		} else {
			Hall.fill(place, [
				Hall.h('p.bank-amount', {text: Hall.format.money(payment.amount)}),
				Hall.details([
					[Hall.t('bank.payee'), Hall.pick(payee)],
					[Hall.t('field.order'), Hall.format.order(payment.order)],
					[Hall.t('bank.payment'), payment.id]
				]),
				Hall.button('primary', Hall.t('bank.pay'), 'pay', function () { pay('now'); }),
				Hall.h('details.testers', {}, [
					Hall.h('summary', {text: Hall.t('bank.testers'), 'data-test': 'testers'}),
					Hall.h('div.actions', {}, ['late', 'twice', 'silent'].map(modeButton))
				])
			]);
		}
	}

	function look() {
		Hall.api.get('/bank/api/' + encodeURIComponent(id), function (error, answer) {
			if (error) {
				Hall.fill(place, Hall.problem(error, {actions: [Hall.button('plain', Hall.t('retry'), 'retry', look)]}));
				return;
			}
			payment = answer.payment;
			payee = answer.payee;
			show();
		});
	}

	document.addEventListener('DOMContentLoaded', function () {
		place = Hall.byId('payment');
		Hall.onLanguage(show);
		look();
	});
}());
