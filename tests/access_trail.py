"""What each POST of the admins' pages leaves in the audit trail; the others stand below, each with its reason.

Asked for in test_access.py, as access_asked.py says; what is refused there leaves nothing.
"""

_TABLE = """
admin.driver_off_duty             person.set_off_duty
admin.job_discard                 job.discarded
admin.job_retry                   job.retried
admin.menu_category_change        menu.category_changed
admin.menu_category_move          menu.arranged
admin.menu_category_new           menu.category_added
admin.menu_category_removal       menu.category_removed
admin.menu_import_table           menu.item_added
admin.menu_item_change            menu.item_changed
admin.menu_item_move              menu.arranged
admin.menu_item_new               menu.item_added
admin.menu_item_removal           menu.item_removed
admin.menu_item_restoration       menu.item_restored
admin.menu_order                  menu.arranged
admin.menu_picture                menu.picture_hung
admin.menu_picture_removal        menu.picture_taken_down
admin.message_resend              wifi_pass.code_resent
admin.order_link_withdrawal       order.links_withdrawn
admin.payment_confirmation        payment.confirmed
admin.payment_denial              payment.denied
admin.payment_wifi_refund         payment.pass_taken_back
admin.person_access_end           person.access_ended
admin.person_accesses_end         person.logged_out
admin.person_acting               person.acting_started
admin.person_deactivation         person.deactivated
admin.person_details              person.changed
admin.person_invitation           person.invited
admin.person_invite               person.created person.invited
admin.person_reactivation         person.reactivated
admin.person_reset_link           person.reset_link_sent
admin.person_second_factor_reset  person.second_factor_reset
admin.refund_sending              payment.refund_sent
admin.restaurant_capacity         restaurant.capacity_changed
admin.restaurant_change           restaurant.changed
admin.restaurant_day_removal      restaurant.days_changed
admin.restaurant_days             restaurant.days_changed
admin.restaurant_mode             restaurant.paused
admin.restaurant_new              restaurant.created
admin.restaurant_week             restaurant.hours_changed
admin.transition_change           policy.changed
admin.transition_deadlines        policy.changed
admin.transition_reasons          policy.changed
admin.wifi_package_change         wifi_package.changed
admin.wifi_package_new            wifi_package.created
admin.wifi_package_sale           wifi_package.taken_off_sale
admin.wifi_withdrawal             wifi_pass.withdrawn
"""
TOLD_OF = {endpoint: actions for endpoint, *actions in map(str.split, _TABLE.strip().splitlines())}
NOT_TOLD = {
    "admin.order_bulk": "each order has a history of its own",
    "admin.order_bulk_preview": "changes nothing",
    "admin.order_filter_removal": "a filter is the admin's own, and no use to anybody else",
    "admin.order_filter_save": "a filter is the admin's own, and no use to anybody else",
    "admin.order_transitions": "an order has a history of its own",
    "admin.reconciliation_statement": "changes nothing",
    "admin.ticket_offer": "a delivery has a history of its own",
    "admin.ticket_transitions": "a delivery has a history of its own",
    "admin.ticket_withdrawal": "a delivery has a history of its own",
}
