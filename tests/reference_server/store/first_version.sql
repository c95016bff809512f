BEGIN TRANSACTION;
CREATE TABLE binding (
	sip_username VARCHAR NOT NULL, 
	contact_key VARCHAR NOT NULL, 
	contact VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	listener VARCHAR NOT NULL, 
	path VARCHAR NOT NULL, 
	call_id VARCHAR NOT NULL, 
	cseq INTEGER NOT NULL, 
	expires_at FLOAT NOT NULL, 
	PRIMARY KEY (sip_username, contact_key)
);
INSERT INTO "binding" VALUES('99051000000231','sip:a@10.0.0.2','<sip:a@10.0.0.2>','udp:10.0.0.2:5060','udp:10.0.0.1:5060','','c',1,1000.0);
CREATE TABLE call_record (
	id INTEGER NOT NULL, 
	call_id VARCHAR NOT NULL, 
	sip_username VARCHAR NOT NULL, 
	direction VARCHAR NOT NULL, 
	caller VARCHAR NOT NULL, 
	number VARCHAR NOT NULL, 
	started FLOAT NOT NULL, 
	answered FLOAT, 
	ended FLOAT NOT NULL, 
	status INTEGER, 
	cause VARCHAR NOT NULL, 
	released_by VARCHAR NOT NULL, 
	remarks VARCHAR NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "call_record" VALUES(1,'one','99051000000231','outbound','me','+17606604690',1.0,2.0,3.0,200,'BYE','caller','');
INSERT INTO "call_record" VALUES(2,'two','99051000000231','outbound','me','+17606604690',1.0,NULL,3.0,NULL,'','caller','');
CREATE TABLE extension_tag (
	account VARCHAR NOT NULL, 
	tag VARCHAR NOT NULL, 
	sip_username VARCHAR NOT NULL, 
	PRIMARY KEY (account), 
	FOREIGN KEY(sip_username) REFERENCES profile (sip_username) ON DELETE CASCADE
);
INSERT INTO "extension_tag" VALUES('sales.example','200','99051000000231');
CREATE TABLE online_number (
	number VARCHAR NOT NULL, 
	sip_username VARCHAR NOT NULL, 
	PRIMARY KEY (number), 
	FOREIGN KEY(sip_username) REFERENCES profile (sip_username) ON DELETE CASCADE
);
INSERT INTO "online_number" VALUES('+14155550123','99051000000231');
CREATE TABLE profile (
	sip_username VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	password VARCHAR NOT NULL, 
	auth VARCHAR NOT NULL, 
	address VARCHAR, 
	port INTEGER NOT NULL, 
	channels INTEGER NOT NULL, 
	credit VARCHAR NOT NULL, 
	min_expires INTEGER, 
	algorithm VARCHAR NOT NULL, 
	active BOOLEAN NOT NULL, 
	PRIMARY KEY (sip_username)
);
INSERT INTO "profile" VALUES('99051000000231','Head office','Tr0ub4dor-plainly','registration',NULL,5060,3,'25.00',NULL,'MD5',1);
INSERT INTO "profile" VALUES('99051000000233','','','ip','10.0.0.77',5070,1,'7.5',NULL,'MD5',1);
COMMIT;
