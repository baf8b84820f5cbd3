package storesqlite

import "database/sql"

// writes are the statements of the writer's connection. Only an act may use them.
type writes struct {
	Begin     *sql.Stmt `sql:"begin"`
	Commit    *sql.Stmt `sql:"commit"`
	Rollback  *sql.Stmt `sql:"rollback"`
	Savepoint *sql.Stmt `sql:"savepoint"`
	Release   *sql.Stmt `sql:"release"`
	Undo      *sql.Stmt `sql:"undo"`

	PutRegister *sql.Stmt `sql:"put_register"`
	Register    *sql.Stmt `sql:"register"`

	InsertBooking      *sql.Stmt `sql:"insert_booking"`
	InsertBookingTerms *sql.Stmt `sql:"insert_booking_terms"`
	Booking            *sql.Stmt `sql:"booking"`
	ReserveFacts       *sql.Stmt `sql:"reserve_facts"`
	SettleFacts        *sql.Stmt `sql:"settle_facts"`
	RaiseStatus        *sql.Stmt `sql:"raise_status"`
	Book               *sql.Stmt `sql:"book"`
	InsertClaim        *sql.Stmt `sql:"insert_claim"`
	InsertClaims       *sql.Stmt `sql:"insert_claims"`
	ClaimHolder        *sql.Stmt `sql:"claim_holder"`
	DeleteClaim        *sql.Stmt `sql:"delete_claim"`
	DeleteClaimOf      *sql.Stmt `sql:"delete_claim_of"`
	DeleteClaims       *sql.Stmt `sql:"delete_claims"`
	InsertTicket       *sql.Stmt `sql:"insert_ticket"`
	TicketsOf          *sql.Stmt `sql:"tickets_of"`
	InsertEvent        *sql.Stmt `sql:"insert_event"`
	DeleteEvents       *sql.Stmt `sql:"delete_events"`

	SaveCinema     *sql.Stmt `sql:"save_cinema"`
	SaveAuditorium *sql.Stmt `sql:"save_auditorium"`
	Layout         *sql.Stmt `sql:"layout"`
	InsertLayout   *sql.Stmt `sql:"insert_layout"`
	SaveMovie      *sql.Stmt `sql:"save_movie"`
	SavePriceCard  *sql.Stmt `sql:"save_price_card"`
	SaveShowtime   *sql.Stmt `sql:"save_showtime"`
	SaveBlock      *sql.Stmt `sql:"save_block"`
	ShowBefore     *sql.Stmt `sql:"show_before"`
	ShowAfter      *sql.Stmt `sql:"show_after"`

	User               *sql.Stmt `sql:"user"`
	GrantRole          *sql.Stmt `sql:"grant_role"`
	OtherAdmin         *sql.Stmt `sql:"other_admin"`
	SaveUser           *sql.Stmt `sql:"save_user"`
	DeleteUserTerms    *sql.Stmt `sql:"delete_user_terms"`
	InsertUserTerm     *sql.Stmt `sql:"insert_user_term"`
	InsertMerge        *sql.Stmt `sql:"insert_merge"`
	PutSession         *sql.Stmt `sql:"put_session"`
	TouchSession       *sql.Stmt `sql:"touch_session"`
	Session            *sql.Stmt `sql:"session"`
	InsertSession      *sql.Stmt `sql:"insert_session"`
	EndReplaced        *sql.Stmt `sql:"end_replaced"`
	ConfirmSession     *sql.Stmt `sql:"confirm_session"`
	RenewSessionsOf    *sql.Stmt `sql:"renew_sessions_of"`
	ValuesOfSession    *sql.Stmt `sql:"values_of_session"`
	EndSession         *sql.Stmt `sql:"end_session"`
	SetSessionBookings *sql.Stmt `sql:"set_session_bookings"`
	DeleteSession      *sql.Stmt `sql:"delete_session"`
	DeleteSessionsOf   *sql.Stmt `sql:"delete_sessions_of"`
	DropSessions       *sql.Stmt `sql:"drop_sessions"`

	CountLiveTokens   *sql.Stmt `sql:"count_live_tokens"`
	InsertToken       *sql.Stmt `sql:"insert_token"`
	TouchToken        *sql.Stmt `sql:"touch_token"`
	DeleteToken       *sql.Stmt `sql:"delete_token"`
	DeleteTokensOf    *sql.Stmt `sql:"delete_tokens_of"`
	RevokeToken       *sql.Stmt `sql:"revoke_token"`
	DropEndedSessions *sql.Stmt `sql:"drop_ended_sessions"`
	DropEndedTokens   *sql.Stmt `sql:"drop_ended_tokens"`
	DropRevocations   *sql.Stmt `sql:"drop_revocations"`

	InsertEntry     *sql.Stmt `sql:"insert_entry"`
	QueueEntries    *sql.Stmt `sql:"queue_entries"`
	UnqueueEntries  *sql.Stmt `sql:"unqueue_entries"`
	InsertLink      *sql.Stmt `sql:"insert_link"`
	KeepCheckpoint  *sql.Stmt `sql:"keep_checkpoint"`
	PutMark         *sql.Stmt `sql:"put_mark"`
	ImportMark      *sql.Stmt `sql:"import_mark"`
	PutUserKey      *sql.Stmt `sql:"put_user_key"`
	DestroyUserKeys *sql.Stmt `sql:"destroy_user_keys"`
	ImportUserKeys  *sql.Stmt `sql:"import_user_keys"`
	UserKeys        *sql.Stmt `sql:"user_keys"`

	InsertRequest *sql.Stmt `sql:"insert_request"`
	Request       *sql.Stmt `sql:"request"`
	LeaseRequest  *sql.Stmt `sql:"lease_request"`
	FinishRequest *sql.Stmt `sql:"finish_request"`
	DropRequest   *sql.Stmt `sql:"drop_request"`
	DeleteRequest *sql.Stmt `sql:"delete_request"`
	DropRequests  *sql.Stmt `sql:"drop_requests"`

	BookingThere *sql.Stmt `sql:"booking_there"`

	BeginErasure       *sql.Stmt `sql:"begin_erasure"`
	Erasure            *sql.Stmt `sql:"erasure"`
	Erased             *sql.Stmt `sql:"erased"`
	CloseErasure       *sql.Stmt `sql:"close_erasure"`
	DeleteIdentitiesOf *sql.Stmt `sql:"delete_identities_of"`
	DeleteRegister     *sql.Stmt `sql:"delete_register"`
	DeleteMerge        *sql.Stmt `sql:"delete_merge"`
	DeleteUser         *sql.Stmt `sql:"delete_user"`
	FinishedBookingsOf *sql.Stmt `sql:"finished_bookings_of"`
	ContactOf          *sql.Stmt `sql:"contact_of"`
	DisownBooking      *sql.Stmt `sql:"disown_booking"`
	BlankContact       *sql.Stmt `sql:"blank_contact"`
	DeleteBookingTerms *sql.Stmt `sql:"delete_booking_terms"`
	DeleteRequestsOf   *sql.Stmt `sql:"delete_requests_of"`
}

// reads are the statements of the reader pool.
type reads struct {
	Register          *sql.Stmt `sql:"register"`
	RegistersByPrefix *sql.Stmt `sql:"registers_by_prefix"`
	Booking           *sql.Stmt `sql:"booking"`
	Bookings          filtered  `sql:"bookings"`
	CountBookings     filtered  `sql:"count_bookings"`
	OpenBookings      *sql.Stmt `sql:"open_bookings"`
	CountRealSales    *sql.Stmt `sql:"count_real_sales"`
	Claims            *sql.Stmt `sql:"claims"`
	Ticket            *sql.Stmt `sql:"ticket"`
	TicketsOf         *sql.Stmt `sql:"tickets_of"`
	TicketsOfMany     *sql.Stmt `sql:"tickets_of_many"`
	Events            *sql.Stmt `sql:"events"`

	Cinemas     *sql.Stmt `sql:"cinemas"`
	Cinema      *sql.Stmt `sql:"cinema"`
	Auditoriums *sql.Stmt `sql:"auditoriums"`
	Auditorium  *sql.Stmt `sql:"auditorium"`
	Layout      *sql.Stmt `sql:"layout"`
	Movies      *sql.Stmt `sql:"movies"`
	Movie       *sql.Stmt `sql:"movie"`
	PriceCard   *sql.Stmt `sql:"price_card"`
	Showtime    *sql.Stmt `sql:"showtime"`
	Showtimes   filtered  `sql:"showtimes"`
	Blocks      *sql.Stmt `sql:"blocks"`

	User         *sql.Stmt `sql:"user"`
	Users        filtered  `sql:"users"`
	CountUsers   filtered  `sql:"count_users"`
	LastSeen     *sql.Stmt `sql:"last_seen"`
	MergedGuests *sql.Stmt `sql:"merged_guests"`
	Session      *sql.Stmt `sql:"session"`
	SessionsOf   *sql.Stmt `sql:"sessions_of"`

	SessionsNamed *sql.Stmt `sql:"sessions_named"`
	TokenByHash   *sql.Stmt `sql:"token_by_hash"`
	TokensNamed   *sql.Stmt `sql:"tokens_named"`
	TokensOf      *sql.Stmt `sql:"tokens_of"`
	RevokedTokens *sql.Stmt `sql:"revoked_tokens"`

	EntriesByID  *sql.Stmt `sql:"entries_by_id"`
	Entries      filtered  `sql:"entries"`
	CountEntries filtered  `sql:"count_entries"`
	UserKeys     *sql.Stmt `sql:"user_keys"`

	Erasure      *sql.Stmt `sql:"erasure"`
	Erased       *sql.Stmt `sql:"erased"`
	OpenErasures *sql.Stmt `sql:"open_erasures"`
	IdentitiesOf *sql.Stmt `sql:"identities_of"`

	CountRows         *sql.Stmt `sql:"count_rows"`
	ExportCinemas     *sql.Stmt `sql:"export_cinemas"`
	ExportAuditoriums *sql.Stmt `sql:"export_auditoriums"`
	ExportLayouts     *sql.Stmt `sql:"export_layouts"`
	ExportMovies      *sql.Stmt `sql:"export_movies"`
	ExportPriceCards  *sql.Stmt `sql:"export_price_cards"`
	ExportShowtimes   *sql.Stmt `sql:"export_showtimes"`
	ExportBlocks      *sql.Stmt `sql:"export_blocks"`
	ExportUsers       *sql.Stmt `sql:"export_users"`
	ExportSessions    *sql.Stmt `sql:"export_sessions"`
	ExportBookings    *sql.Stmt `sql:"export_bookings"`
	ExportClaims      *sql.Stmt `sql:"export_claims"`
	ExportRegisters   *sql.Stmt `sql:"export_registers"`
	ExportOutbox      *sql.Stmt `sql:"export_outbox"`
	ExportAudit       *sql.Stmt `sql:"export_audit"`
	ExportLinks       *sql.Stmt `sql:"export_links"`
	ExportUnsealed    *sql.Stmt `sql:"export_unsealed"`
	ExportCheckpoints *sql.Stmt `sql:"export_checkpoints"`
	ExportMarks       *sql.Stmt `sql:"export_marks"`
	ExportUserKeys    *sql.Stmt `sql:"export_user_keys"`
	ExportRequests    *sql.Stmt `sql:"export_requests"`
	ExportTokens      *sql.Stmt `sql:"export_tokens"`
	ExportRevocations *sql.Stmt `sql:"export_revocations"`
	ExportErasures    *sql.Stmt `sql:"export_erasures"`
}

// chainStatements are the statements of the reader pool that read the chain over the record.
type chainStatements struct {
	Unsealed       *sql.Stmt `sql:"unsealed"`
	CountUnsealed  *sql.Stmt `sql:"count_unsealed"`
	KeptEntries    *sql.Stmt `sql:"kept_entries"`
	LooseEntries   *sql.Stmt `sql:"loose_entries"`
	LastLink       *sql.Stmt `sql:"last_link"`
	Links          *sql.Stmt `sql:"links"`
	LinksOf        *sql.Stmt `sql:"links_of"`
	Checkpoints    *sql.Stmt `sql:"checkpoints"`
	LastCheckpoint *sql.Stmt `sql:"last_checkpoint"`
	Mark           *sql.Stmt `sql:"mark"`
}
