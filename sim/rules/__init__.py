"""The submodels (ODD, 7), one file a rule; `day.py` has their order.

In a rule's file a scalar function says what one member does; the loop under it says who it applies to. Members act in
turn, in the order of their hour where they visit, else in the order of their rows; what one does is seen by the next.
A rule draws only from its own key, and only with the key of the member who acts.
"""
