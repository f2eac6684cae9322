/*
 * The key is at work for another page, or for this one before it was reloaded: looks on, and tells when it is over,
 * however it ended. The hall and the agent are asked while the page is seen.
 */
(function () {
	'use strict';

	var Hall = window.Hall = window.Hall || {};
	var POLL = 3000;
	/* Between two steps of another page the key rests for a moment. */
	var QUIET = 2;

	/* over() when nothing runs any more, failed(error) when the agent is gone. Returns the function that ends it. */
	Hall.watchBusy = function (over, failed) {
		var quiet = 0;

		function judge(info, done) {
			quiet = info.busy ? 0 : quiet + 1;
			if (quiet >= QUIET || info.next === 'none') { over(); } else { done(); }
		}
		return Hall.poll(POLL, function (done) {
			Hall.api.order(Hall.state.order.id, Hall.wizard.live(function (ignored, order) {
				if (order) { Hall.wizard.keep(order); }
				Hall.key.inspect(Hall.state.order, Hall.wizard.live(function (error, info) {
					if (error) { failed(error); } else { judge(info, done); }
				}));
			}));
		});
	};
}());
