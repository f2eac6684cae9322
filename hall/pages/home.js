/* The hall's first page: what was begun and not finished, and how a renewal goes. */
(function () {
	'use strict';

	var Hall = window.Hall;
	var UNFINISHED = ['NEW', 'BOUND', 'CONFIRMED', 'PAYING', 'PAID', 'KEY_BOUND', 'APPLIED', 'ISSUED', 'MANUAL'];
	var FLOW = ['environment', 'choose', 'pin', 'confirm', 'pay', 'install', 'success'];
	var orders = [];

	function showFlow() {
		Hall.fill(Hall.byId('flow'), FLOW.map(function (step) {
			return Hall.h('li', {text: Hall.t('step.' + step)});
		}));
	}

	function addressOf(order) { return '/renew?order=' + encodeURIComponent(order.id); }

	function orderRow(order) {
		return Hall.h('li.pending-row', {'data-order': order.id}, [
			Hall.h('div', {}, [
				Hall.h('p.pending-name', {text: order.certificate.company || Hall.format.company(order.certificate.subject)}),
				Hall.h('p.pending-state', {}, [
					Hall.h('span.badge.badge-open', {text: Hall.t('state.' + order.state)}),
					' ' + Hall.t('field.order') + ' ' + Hall.format.order(order.id)
				])
			]),
			Hall.h('a.button.button-primary', {
				href: addressOf(order), text: Hall.t('choose.continue'), 'data-test': 'continue'
			})
		]);
	}

	/* With an order that waits the one button of the page goes on with it. */
	function start(pending) {
		var button = Hall.byId('start');
		button.setAttribute('data-text', pending.length > 0 ? 'choose.continue' : 'home.start');
		button.textContent = Hall.t(button.getAttribute('data-text'));
		button.href = pending.length === 1 ? addressOf(pending[0]) : '/renew';
	}

	function showPending() {
		var pending = orders.filter(function (order) { return UNFINISHED.indexOf(order.state) >= 0; });
		Hall.byId('pending').hidden = pending.length === 0;
		start(pending);
		Hall.fill(Hall.byId('pending-list'), pending.map(orderRow));
	}

	function show() {
		showFlow();
		showPending();
	}

	document.addEventListener('DOMContentLoaded', function () {
		show();
		Hall.onLanguage(show);
		Hall.loadHall(function (error, hall) { Hall.byId('price').hidden = Boolean(error) || !hall.price; });
		Hall.api.orders(function (error, found) {
			orders = found || [];
			showPending();
		});
	});
}());
