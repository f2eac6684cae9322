/* 取消订单, asked twice, possible until it is paid. */
(function () {
	'use strict';

	var Hall = window.Hall;

	function cancel(place) {
		Hall.api.act(Hall.state.order.id, 'cancel', {}, Hall.wizard.live(function (error) {
			if (error && error.name === 'order.state') {
				Hall.wizard.refresh();
			} else if (error) {
				Hall.fill(place, Hall.problem(error));
			} else {
				Hall.wizard.forget();
				Hall.wizard.go('choose');
			}
		}));
	}

	function ask(place) {
		var keep = Hall.button('primary', Hall.t('cancel.no'), 'cancel-no', function () { Hall.clear(place); });
		Hall.fill(place, Hall.notice('warn', {
			title: Hall.t('cancel.title'),
			text: Hall.t('cancel.text'),
			test: 'cancel-ask',
			actions: [keep, Hall.button('plain', Hall.t('cancel.yes'), 'cancel-yes', function () { cancel(place); })]
		}));
		keep.focus();
	}

	Hall.cancelling = {
		/* The button; its question appears at the end of `view`. */
		button: function (view) {
			var place = Hall.h('div.cancelling');
			return Hall.button('quiet', Hall.t('cancel'), 'cancel', function () {
				view.appendChild(place);
				ask(place);
			});
		}
	};
}());
