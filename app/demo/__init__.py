"""The demo: three restaurants, the people around them, weeks of orders behind them and a kitchen at work now.

    menus/*.toml, cast.toml   what there is: restaurants with their menus, people, names of towns
    restaurants, cast         put that into the database, once
    calendar                  when people order
    stories                   how an order goes, from its first state to its last
    chronicle, bulk           the rows of orders, and the fast way to write them
    live                      what the kitchen is busy with at this moment
    load                      the verb; it refuses outside demo and test

Past orders are written as rows, by the machine's own edges (a test walks them all), because no verb can act in the
past; what happens now goes through the verbs. Nothing here runs in production.
"""
