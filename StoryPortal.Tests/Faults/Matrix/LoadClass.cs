namespace StoryPortal.Tests.Faults.Matrix;

/// <summary>What callers ask for while something is broken.</summary>
internal enum LoadClass
{
    /// <summary>Whether the gateway lives.</summary>
    Health,

    /// <summary>What is cached and not written meanwhile: an agent, model configs.</summary>
    Kept,

    /// <summary>What is written meanwhile, and what is never cached, and services, whose leases are judged all the time.</summary>
    Read,

    /// <summary>Single events, and changes of agents.</summary>
    Write,

    /// <summary>Events, many at once.</summary>
    Batch,
}
