/*
 * The smart card service (PC/SC), through which many drivers reach their keys.
 */
#ifndef KH_AGENT_ENVIRONMENT_READER_H
#define KH_AGENT_ENVIRONMENT_READER_H

enum kh_reader_service {
	KH_READER_RUNS, /* it takes connections; or the system starts it for the first one */
	KH_READER_STOPPED,
	KH_READER_ABSENT, /* it is not installed */
};

enum kh_reader_service kh_reader_service(void);

#endif
