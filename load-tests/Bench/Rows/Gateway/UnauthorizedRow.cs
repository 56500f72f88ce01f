namespace StoryPortal.Bench.Rows.Gateway;

/// <summary>Callers with a key that nobody knows.</summary>
internal sealed class UnauthorizedRow() : RefusalRow("gateway/refused with 401", "401, unknown key")
{
    protected override string RefusedKey(Stage stage) => "a-key-that-nobody-knows";
}
