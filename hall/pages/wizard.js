/*
 * The wizard of a renewal: which step is shown, for which order. A step is {enter: function (view), leave}; it fills
 * `view` and calls Hall.wizard.go. A step's answers that come after it was left are dropped: wrap them in live().
 *
 * What a test can hold on to, the same in both languages. #view: data-step = environment choose pin confirm pay install
 * success; at install data-mode = key paid issued running recovery watching stopped. Every problem: data-test=problem
 * with data-error = its name. Controls and places, by data-test:
 *   everywhere   manager slow language-zh language-en retry problem cancel cancel-ask cancel-yes cancel-no
 *                key-wrong key-again (another key is needed)
 *                pin-change pin-waiting, reveal reveal-verify (a key that shows no certificate)
 *   environment  groups (data-group = control driver key), checks check-details check-again check-next check-ready
 *                check-failing check-late prompt; rows: data-check data-state data-code
 *   choose       renew days why-not window-open card-message apply order-state (in [data-certificate][data-window][data-urgency]
 *                in [data-serial]), pending, continue (in [data-order][data-state]) several-keys no-key order-missing refresh back
 *   pin          pin-verify pin-waiting pin-again pin-low pin-final back; pin-checks check-again (what fails for the key)
 *   confirm      field-company field-creditCode field-contact field-phone field-email, error-…; seal, error-seal; confirm
 *   pay          pay sandbox pay-open ([data-payment]) qr countdown pay-link pay-done pay-notyet pay-answer
 *                pay-expired pay-again
 *   install      paid update issued install running progress recovery recover busy busy-retry stopped;
 *                phases: data-phase = begin key install receipt complete
 *   success      success success-details ([data-usage=sign|encrypt]) seal-note encryption-note home
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var ORDER_OF_STEPS = ['environment', 'choose', 'pin', 'confirm', 'pay', 'install', 'success'];
	var STEP_OF_STATE = {
		NEW: 'pin', BOUND: 'confirm', CONFIRMED: 'pay', PAYING: 'pay', PAID: 'install', KEY_BOUND: 'install',
		APPLIED: 'install', ISSUED: 'install', INSTALLED: 'install', INVOICED: 'success', MANUAL: 'install',
		REFUND: 'install', CANCELLED: 'choose'
	};

	var turn = 0;
	var current = null;
	var busy = false;

	/* what the steps share; order and certificate are null until there is one */
	var state = Hall.state = {
		hall: null, orders: [], order: null, wantedOrder: '', missing: '', certificate: null, tokens: [], certificates: [],
		renewals: [], form: null, retired: []
	};

	function queryOrder() {
		var found = /[?&]order=([A-Za-z0-9._:%-]{1,64})(?:&|$)/.exec(window.location.search);
		return found ? found[1].replace(/%3A/i, ':') : '';
	}

	/* How deep a step lies for 【后退】: what belongs to an order is one page, its state says which. */
	function depthOf(name) { return name === 'environment' ? 0 : name === 'choose' ? 1 : 2; }

	function showAddress(deeper) {
		var id = state.order ? state.order.id : state.wantedOrder;
		var address = window.location.pathname + (id ? '?order=' + encodeURIComponent(id) : '');
		var history = window.history;
		if (deeper && history.pushState) {
			history.pushState({step: current}, '', address);
		} else if (history.replaceState) {
			history.replaceState({step: current}, '', address);
		}
	}

	/* 【后退】 and 【前进】 of the browser: never out of a call that runs, never to a step that the order has left behind. */
	function onHistory(event) {
		var wanted = event.state && event.state.step;
		if (!wanted || !current) { return; }
		if (busy) {
			showAddress(true);
		} else if (depthOf(wanted) < 2) {
			Hall.wizard.go(wanted, true);
		} else if (state.order) {
			Hall.wizard.refresh();
		} else {
			Hall.wizard.go('choose', true);
		}
	}

	function stepItem(name, index, at) {
		var where = index < at ? 'done' : index === at ? 'current' : 'coming';
		return Hall.h('li.step.step-' + where, {'aria-current': where === 'current' ? 'step' : null}, [
			Hall.h('span.step-number', {'aria-hidden': 'true', text: where === 'done' ? '✓' : String(index + 1)}),
			Hall.h('span.step-name', {text: Hall.t('step.' + name)}),
			where === 'done' && Hall.h('span.hidden', {text: Hall.t('step.done')})
		]);
	}

	function showSteps(name) {
		var at = ORDER_OF_STEPS.indexOf(name);
		Hall.fill(Hall.byId('steps'), ORDER_OF_STEPS.map(function (step, index) { return stepItem(step, index, at); }));
		Hall.byId('steps-short').textContent = Hall.t('step.short', {n: at + 1, of: ORDER_OF_STEPS.length});
	}

	function leaveCurrent() {
		var step = Hall.steps[current];
		if (step && step.leave) { step.leave(); }
	}

	function enter(name, back) {
		var view = Hall.clear(Hall.byId('view'));
		var deeper = current !== null && !back && depthOf(name) > depthOf(current);
		turn += 1;
		current = name;
		document.title = Hall.t('step.' + name) + ' - ' + Hall.t('renew.title');
		view.setAttribute('data-step', name);
		Hall.append(view, Hall.h('h2', {id: 'step-title', tabindex: '-1', text: Hall.t('step.' + name)}));
		showSteps(name);
		showAddress(deeper);
		setBusy(false);
		Hall.steps[name].enter(view);
	}

	/* While it holds, the language stays: a call that runs would be cut off. */
	function setBusy(value) {
		busy = value;
		Array.prototype.forEach.call(document.querySelectorAll('[data-language]'), function (button) {
			button.disabled = value;
		});
	}

	Hall.steps = {};

	Hall.wizard = {
		/* back: the browser's own history led here */
		go: function (name, back) {
			leaveCurrent();
			Hall.wizard.say('');
			enter(name, back);
			window.scrollTo(0, 0);
			Hall.byId('step-title').focus();
		},
		/* The callback, silent once the step was left. */
		live: function (callback) {
			var mine = turn;
			return function () {
				if (mine === turn) { callback.apply(null, arguments); }
			};
		},
		/* Keeps the order and goes where its state says. */
		follow: function (order) {
			state.order = order;
			Hall.wizard.go(STEP_OF_STATE[order.state] || 'choose');
		},
		/* The order went on elsewhere: look and follow. */
		refresh: function () {
			Hall.api.order(state.order.id, Hall.wizard.live(function (error, order) {
				if (error) {
					Hall.append(Hall.byId('view'), Hall.problem(error));
				} else {
					Hall.wizard.follow(order);
				}
			}));
		},
		keep: function (order) {
			state.order = order;
			showAddress();
		},
		forget: function () {
			state.order = null;
			state.wantedOrder = '';
			state.certificate = null;
			state.form = null;
		},
		busy: setBusy,
		current: function () { return current; },
		stepOf: function (order) { return STEP_OF_STATE[order.state]; },
		say: function (text) { Hall.byId('live').textContent = text; }
	};

	function begin() {
		state.wantedOrder = queryOrder();
		Hall.loadHall(function () { Hall.wizard.go('environment'); });
		Hall.agent.on('slow', onSlow);
		window.addEventListener('popstate', onHistory);
		Hall.onLanguage(function () {
			Hall.agent.setLanguage(Hall.language());
			if (current) {
				leaveCurrent();
				enter(current);
			}
		});
	}

	/* A driver that does not answer: what is waited for, how long already and at most. */
	function onSlow(slow) {
		var place = document.querySelector('#view .waiting, #view .progress-text');
		if (!place) { return; }
		var note = place.parentNode.querySelector('.slow');
		if (!note) {
			note = Hall.h('p.slow', {role: 'status', 'data-test': 'slow'});
			place.parentNode.insertBefore(note, place.nextSibling);
		}
		note.textContent = Hall.t(/^pin\./.test(slow.method) ? 'slow.pin' : 'slow', {seconds: slow.seconds, limit: slow.limit});
	}

	document.addEventListener('DOMContentLoaded', begin);
}());
